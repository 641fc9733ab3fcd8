import { fieldRole, isToken, type FieldRole } from './field-names.ts';
import { findUnsettableReason } from './settable-field.ts';

/**
 * What keeps a policy from writing a field: a name that is no token (RFC 9110, 5.6.2), a value that would end its line or
 * has no byte for a character (RFC 9110, 5.5), or a field that is the gateway's own. Undefined where nothing does.
 *
 * @param role of fields that this policy may write though another policy is there for them
 */
export function findFieldProblem(name: unknown, value: unknown, role: FieldRole = fieldRole.plain): string | undefined {
  if (typeof name !== 'string' || typeof value !== 'string')
    return 'a field is not a pair of texts: its name and its value';
  if (!isToken(name)) return `${JSON.stringify(name)} is no name of a field`;
  for (let at = 0; at < value.length; at++) {
    const code = value.charCodeAt(at);
    if ((code >= 0x20 && code !== 0x7f && code <= 0xff) || code === 0x09) continue;
    const character = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
    return `the value of the field ${name} has the character ${character}, which no field can have`;
  }
  return findUnsettableReason(name, role);
}

/** What keeps a policy from adding these lines; undefined for whole lines, each with its line end, and for no line. */
export function findLinesProblem(lines: unknown, role: FieldRole = fieldRole.plain): string | undefined {
  if (typeof lines !== 'string') return `lines of fields are a text, not ${lines === null ? 'null' : typeof lines}`;
  for (let start = 0; start < lines.length;) {
    const end = lines.indexOf('\r\n', start);
    const line = lines.slice(start, end === -1 ? lines.length : end);
    if (end === -1) return `the line ${JSON.stringify(line)} does not end with "\\r\\n"`;
    const colon = line.indexOf(':');
    if (colon === -1) return `the line ${JSON.stringify(line)} is no field: it has no ":"`;
    const problem = findFieldProblem(line.slice(0, colon), line.slice(colon + 1), role);
    if (problem !== undefined) return problem;
    start = end + 2;
  }
  return undefined;
}
