/** Takeovers with advertisements every 1000 ms. */
import { takeoverTable } from '../../../../kernel/lab/takeover-table.js';

takeoverTable({ advertiseMs: 1000 });
