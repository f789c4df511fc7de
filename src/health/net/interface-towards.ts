/** By which interface packets of this host leave, as its routes say; the kernel's interface is loaded by the first question. */

/** @returns `lo` for an address of this host; null when there is no way or the kernel does not tell */
export async function interfaceTowards(address: string, source: string): Promise<string | null> {
  const { openRtnetlink } = await import('../../../native/rtnetlink/request.js');
  const { lookupRoute } = await import('../../../native/rtnetlink/route-lookup.js');
  const { linkByIndex } = await import('../../../native/rtnetlink/links.js');
  const connection = openRtnetlink();
  try {
    const index = lookupRoute(connection, { destination: address, source })?.nextHops[0]?.index ?? null;
    return index === null ? null : (linkByIndex(connection, index)?.name ?? null);
  } catch {
    return null;
  } finally {
    connection.close();
  }
}
