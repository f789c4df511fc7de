/** Why these tests are not for the other test kernel, which has no nf_tables; false in their own. */
export function skipWithoutNft(): false | string {
  return process.env['QEMU'] === '1'
    ? false
    : 'for the kernel in qemu: npm run test:full -- kernel/match-nft';
}
