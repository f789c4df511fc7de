/** The parsers of checks on fifty times as many wrong answers as in `npm test`. */
process.env['LVSD_FUZZ_PROBES'] ??= '250000';
await import('../fuzz/probes.test.js');
