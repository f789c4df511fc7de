/** Takeovers with advertisements every 10 ms. */
import { takeoverTable } from '../../../../kernel/lab/takeover-table.js';

takeoverTable({ advertiseMs: 10 });
