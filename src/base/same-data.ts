/** Equality of plain data. */

type Fields = Readonly<Record<string, unknown>>;

/**
 * True when both are the same value, or arrays or objects of the same content. A field that is undefined equals one that is
 * missing. Made for data as JSON has it: of maps, sets and other class instances it sees the fields alone.
 *
 * Allocates nothing: right after a large file was parsed, memory is what costs most.
 */
export function sameData(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false;
  if (Array.isArray(one) || Array.isArray(other))
    return Array.isArray(one) && Array.isArray(other) && sameItems(one, other);
  return coversFields(one as Fields, other as Fields) && coversFields(other as Fields, one as Fields, true);
}

function sameItems(one: readonly unknown[], other: readonly unknown[]): boolean {
  if (one.length !== other.length) return false;
  for (let index = 0; index < one.length; index++) if (!sameData(one[index], other[index])) return false;
  return true;
}

/** @param missing only fields that `other` lacks are looked at */
function coversFields(one: Fields, other: Fields, missing = false): boolean {
  for (const name in one) if (!(missing && name in other) && !sameData(one[name], other[name])) return false;
  return true;
}
