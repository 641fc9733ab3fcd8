/** The value of an ASCII hexadecimal digit, given its code, or -1. */
export function hexadecimalValue(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  const lower = code | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}
