/** The parsers of checks on twenty times as many wrong answers as in `npm test`. */
process.env['LVSD_FUZZ_PROBES'] ??= '100000';
await import('../fuzz/probes.test.js');
