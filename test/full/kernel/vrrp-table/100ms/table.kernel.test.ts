/** Takeovers with advertisements every 100 ms. */
import { takeoverTable } from '../../../../kernel/lab/takeover-table.js';

takeoverTable({ advertiseMs: 100 });
