/** Paths as attackers write them, for a gateway where everything is open but what is below `/admin`. */
import type { ErrorCode } from '../../src/core/error-codes.ts';

/** What is sent, and what the target gets where that is not refused. */
type Forms = Readonly<Record<string, string>>;

/** They lead below the prefix, so they need its key. */
export const protectedForms: Forms = {
  '/admin': '/admin',
  '/admin/': '/admin/',
  '/admin/x': '/admin/x',
  '//admin/x': '/admin/x',
  '///admin//x': '/admin/x',
  '/./admin/x': '/admin/x',
  '/open/../admin/x': '/admin/x',
  '/open/../admin/../admin/x': '/admin/x',
  '/open/./..//admin/./x': '/admin/x',
  '/open/%2e%2e/admin/x': '/admin/x',
  '/open/%2E%2e/admin/x': '/admin/x',
  '/open/.%2e/admin/x': '/admin/x',
  '/open/%2e./admin/x': '/admin/x',
  '/%2e/admin/x': '/admin/x',
  '/%61dmin/x': '/admin/x',
  '/%61%64%6d%69%6e/x': '/admin/x',
  '/%61%64%6D%69%6E/%2e%2e/admin/x': '/admin/x',
  '/admin/%2e/x': '/admin/x',
  '/admin/x/..': '/admin/',
  '/admin/x/../../admin': '/admin',
  '/admin/x?/../../open': '/admin/x?/../../open',
  '/admin?': '/admin?',
  '/admin/..x': '/admin/..x',
  'http://a/admin/x': '/admin/x',
  'http://a//admin/x': '/admin/x',
  'http://a/open/../admin/x': '/admin/x',
  'http://a/open/%2e%2e/%61dmin': '/admin',
};

/** They lead elsewhere, by every reading of a target that decodes once. */
export const openForms: Forms = {
  '/': '/',
  '/open': '/open',
  '/open//': '/open/',
  '/administration': '/administration',
  '/Admin/x': '/Admin/x',
  '/admin.x': '/admin.x',
  '/open/admin/x': '/open/admin/x',
  '/admin/../open': '/open',
  '/admin/%2e%2e/open': '/open',
  '/admin/.%2e/open/x': '/open/x',
  '/admin/x/../../open/admin': '/open/admin',
  '/admin/..': '/',
  '/admin/../': '/',
  '/open?/../admin/x': '/open?/../admin/x',
  '/open?%2e%2e/admin': '/open?%2e%2e/admin',
  '/open%3f/../admin2': '/admin2',
  '/open%23/admin': '/open%23/admin',
  '/...admin/x': '/...admin/x',
  '/open/.../admin/x': '/open/.../admin/x',
  '/open/..admin/x': '/open/..admin/x',
  '/open/..%20x/admin': '/open/..%20x/admin',
  '/%e4%bd%a0/admin': '/%E4%BD%A0/admin',
  '/open%0d%0a/admin': '/open%0D%0A/admin',
};

export const refusedForms: Readonly<Partial<Record<ErrorCode, readonly string[]>>> = {
  invalid_path: [
    // Out of the root, and back in.
    '/../admin/x',
    '/..',
    '/./../admin',
    '//../admin',
    '/open/../../admin/x',
    '/%2e%2e/admin/x',
    '/open/%2e%2e/%2e%2e/admin',
    // Slashes in disguise.
    '/open%2f..%2fadmin/x',
    '/open/..%2fadmin/x',
    '/open/..%2Fadmin/x',
    '/open%2F%2e%2e%2Fadmin',
    '/%2fadmin/x',
    '/admin%2fx',
    '/admin%2Fx',
    '/open/%2e%2e%2fadmin/x',
    // Backslashes.
    '/open\\..\\admin\\x',
    '/open/..\\admin/x',
    '/\\admin/x',
    '/open/\\',
    '/admin\\x',
    '/open%5c..%5cadmin',
    '/open/..%5Cadmin/x',
    // Ends of text.
    '/admin%00',
    '/admin%00/x',
    '/open/%00/../admin',
    '/admin/..%00/open',
    // Encodings that are none, or longer than they need to be.
    '/open/%c0%ae%c0%ae/admin',
    '/open/..%c0%afadmin',
    '/open/..%c1%9cadmin',
    '/open/..%e0%80%afadmin',
    '/open/%e0%80%ae%e0%80%ae/admin',
    '/open/..%f0%80%80%afadmin',
    '/open/..%f8%80%80%80%afadmin',
    '/open/..%fc%80%80%80%80%afadmin',
    '/%c1%a1dmin/x',
    '/%e0%81%a1dmin/x',
    '/%f0%80%81%a1dmin/x',
    '/open/..%u002fadmin',
    '/%u0061dmin/x',
    '/open/%u002e%u002e/admin',
    '/open/%%32%65%%32%65/admin',
    '/open/%2/../admin',
    '/open/%/admin',
    '/open/%zz/admin',
    '/open/%2+/admin',
    '/%ff%61dmin',
    // Dot segments with parameters.
    '/open/..;/admin/x',
    '/open/..;x=y/admin/x',
    '/open/.;/../admin',
    '/..;/admin',
    '/open/%2e%2e;/admin/x',
    '/open/.%2e;a/admin/x',
    '/open/..%3b/admin/x',
    '/open/..%3Bx=y/admin/x',
    '/open/%2e%2e%3b/admin/x',
    '/open/.%3b/../admin/x',
    // Dot segments with blanks, which some servers strip.
    '/open/..%20/admin/x',
    '/open/..%09/admin/x',
    '/open/%2e%2e%20/admin/x',
    '/open/%20../admin/x',
    '/open/..%20;x/admin/x',
    '/open/..%0a/admin/x',
    '/open/..%0d%0a/admin/x',
  ],
  invalid_target: [
    '/open#/../admin',
    '/admin#',
    'http://a#/admin',
    'admin/x',
    '%2fadmin/x',
    '/\xc0\xae\xc0\xae/admin',
    '/adm\xadin/x',
  ],
  malformed_request: ['/open/.. /admin/x', '/admin /x', '/open/..\0/admin', '/admin/\x01'],
};

/** What random paths are made of, with blanks between the pieces. */
export const pathPieces = [
  '/ / / // . .. /../ /./ admin admin open %61dmin adm%69n x ~ ; ..; ;x',
  '%2e %2E .%2e %2f %2F %5c \\ %00 %20 %09 %3b %3f %23 % %2 %zz %u002e',
  '%c0%ae %c0%af %c1%9c %e0%80%ae %e0%80%af %f0%80%80%ae %c1%a1 %ff %e4%bd%a0 %61 %64',
]
  .join(' ')
  .split(' ');
