/** Who caused an error: the client's message, the gateway's own rule or state, or the target. */
export type ErrorSource = 'client' | 'gateway' | 'upstream';

export interface ErrorCodeEntry {
  /** The status of the answer; 499 is never sent, it stands in logs and counters for a client that went away. */
  readonly status: number;
  readonly title: string;
  readonly source: ErrorSource;
  /** Whether the same request may succeed when it is sent again unchanged. */
  readonly retryable: boolean;
}

function client(status: number, title: string): ErrorCodeEntry {
  return { status, title, source: 'client', retryable: false };
}
function gateway(status: number, title: string, retryable: boolean): ErrorCodeEntry {
  return { status, title, source: 'gateway', retryable };
}
function upstream(status: number, title: string): ErrorCodeEntry {
  return { status, title, source: 'upstream', retryable: true };
}

/**
 * Every refusal and failure that the gateway answers with, by its stable name. The problem body, the access log, the
 * metrics and `docs/errors.md` use the same word; a test holds the document to this table.
 */
export const errorCodes = {
  malformed_request: client(400, 'The request is not well-formed HTTP/1.1'),
  invalid_host: client(400, 'The Host field is missing, repeated or not a valid host'),
  invalid_target: client(400, 'The request target is not valid'),
  invalid_path: client(400, 'The path cannot be normalised safely'),
  invalid_framing: client(400, 'The length of the body is not stated in one unambiguous way'),
  invalid_chunk: client(400, 'The chunked body is not well-formed'),
  invalid_body: client(400, 'The body is not what this endpoint takes'),
  api_key_required: client(401, 'An API key is required'),
  credentials_required: client(401, 'A user name and a password are required'),
  invalid_credentials: client(401, 'The user name or the password is wrong'),
  invalid_api_key: client(401, 'The API key is not valid'),
  admin_unauthorized: client(401, 'The credentials are missing or wrong'),
  cross_site_request: client(403, 'The request comes from another site'),
  not_plain_http: client(400, 'This port speaks plain HTTP/1.1'),
  ip_not_allowed: client(403, 'The address of the client is not allowed here'),
  permission_denied: client(403, 'The API key is not allowed here'),
  route_not_found: client(404, 'No route matches'),
  not_found: client(404, 'Nothing has this name or id'),
  method_not_allowed: client(405, 'The method is not allowed here'),
  request_timeout: client(408, 'The request did not arrive in time'),
  body_too_large: client(413, 'The body is too large'),
  request_line_too_long: client(414, 'The request line is too long'),
  expectation_failed: client(417, 'The expectation cannot be met'),
  unknown_admin_host: client(421, 'The admin listener is not known by this name'),
  config_refused: client(422, 'The configuration cannot be served'),
  rate_limited: { status: 429, title: 'Too many requests', source: 'client', retryable: true },
  too_many_attempts: { status: 429, title: 'Too many wrong credentials', source: 'client', retryable: true },
  too_many_in_flight: { status: 429, title: 'Too many requests at once', source: 'client', retryable: true },
  head_too_large: client(431, 'The fields of the request are too large or too many'),
  client_closed: client(499, 'The client went away'),
  internal_error: gateway(500, 'The gateway failed to handle the request', true),
  unsupported_transfer_coding: client(501, 'The transfer coding is not supported'),
  upgrade_not_supported: client(501, 'Upgrading the connection is not supported'),
  upstream_unreachable: upstream(502, 'No target could be reached'),
  upstream_reset: upstream(502, 'The target closed the connection before it answered'),
  upstream_invalid_response: upstream(502, 'The target answered with something that is not well-formed HTTP'),
  key_store_unavailable: gateway(503, 'The API key cannot be checked', true),
  credentials_unchecked: gateway(503, 'The password cannot be checked now', true),
  limit_store_unavailable: gateway(503, 'The rate limit cannot be checked', true),
  no_healthy_target: gateway(503, 'No healthy target is available', true),
  circuit_open: gateway(503, 'The upstream is failing and is given time to recover', true),
  upstream_busy: gateway(503, 'All connections to the target are in use', true),
  upstream_connect_timeout: upstream(504, 'The target did not accept a connection in time'),
  upstream_timeout: upstream(504, 'The target did not answer in time'),
  unsupported_version: client(505, 'The HTTP version is not supported'),
} as const satisfies Record<string, ErrorCodeEntry>;

export type ErrorCode = keyof typeof errorCodes;
