/** A million wrong VRRP packets: see test/fuzz/vrrp-packets.ts for what must hold. */
process.env['LVSD_FUZZ_VRRP'] ??= '1000000';
await import('../fuzz/vrrp.test.js');
