import type { ErrorCode } from './error-codes.ts';

/** What the reader of an error can do about it; constant text, so that nothing of a request or a target leaks into it. */
export const refusalDetails: Readonly<Record<ErrorCode, string>> = {
  malformed_request:
    'The request could not be parsed. Send a request line and fields as RFC 9112 asks, each ending with CRLF.',
  invalid_host: 'Send exactly one Host field with a name or address and, where needed, a port.',
  invalid_target: 'Send the path in origin form, without a fragment and without characters outside of visible ASCII.',
  invalid_path:
    'The path leaves the root or holds an escape that could be read in two ways. Send it in its plain form.',
  invalid_framing: 'Send either one Content-Length or "Transfer-Encoding: chunked", once, and not both.',
  invalid_chunk: 'A chunk of the body is not well-formed. The connection is closed because its end is unknown.',
  invalid_body: 'Send what the endpoint takes, as application/json.',
  api_key_required: 'Send a key in the X-API-Key field.',
  credentials_required: 'Send a user name and a password by HTTP Basic authentication.',
  invalid_credentials: 'No user has this name and this password. Send those of a user of this service.',
  invalid_api_key: 'The key is unknown, revoked or expired. Send a valid one, or none where none is needed.',
  admin_unauthorized: 'Send the user name and the password of the configuration by HTTP Basic authentication.',
  cross_site_request: 'Pages that were loaded from another host or port can neither read nor change anything here.',
  not_plain_http: 'Use plain HTTP/1.1 on this port, without TLS and without the HTTP/2 preface.',
  ip_not_allowed: 'Requests from this address are not served here. Send them from one that is allowed.',
  permission_denied: 'The key is valid, but its permissions name neither this route nor a prefix of this path.',
  route_not_found: 'Nothing is configured for this host and path.',
  not_found: 'The name or id in the path is not known. List what there is, and take it from there.',
  method_not_allowed: 'The Allow field names the methods that this path can be asked with.',
  request_timeout: 'The request was not complete within the time that the gateway waits for it. Send it again.',
  body_too_large: 'Send a body within the limit that is configured for this gateway.',
  request_line_too_long: 'Shorten the path or the query.',
  expectation_failed: 'Only "Expect: 100-continue" is understood.',
  unknown_admin_host: 'Ask by IP address, or list the name that you ask by in "admin.hosts" of the configuration.',
  config_refused: 'Something is wrong with the configuration, so the one that was served stays in use. See "issues".',
  rate_limited: 'The limit is used up. Retry-After says in how many seconds the next request is let through.',
  too_many_in_flight:
    'This client has as many requests under way as it may. Send the next one when one of them is answered.',
  too_many_attempts:
    'Wrong credentials came from this network too often. Retry-After says in how many seconds they are looked at again.',
  head_too_large: 'Send fewer or shorter fields; cookies are the usual cause.',
  client_closed: 'The client closed the connection before the answer was complete.',
  internal_error: 'Something failed inside the gateway. Its log has the cause, under the id of this request.',
  unsupported_transfer_coding: 'Send the body with "Transfer-Encoding: chunked" alone, or with a Content-Length.',
  upgrade_not_supported: 'Send the request without Upgrade.',
  upstream_unreachable: 'No connection to a target could be opened. Try again later.',
  upstream_reset:
    'The connection to the target ended before its answer had arrived. The request may have had an effect.',
  upstream_invalid_response: 'The answer of the target could not be understood, so nothing of it is passed on.',
  key_store_unavailable:
    'The store that knows all API keys does not answer. Keys that were used lately still work. Try again shortly.',
  credentials_unchecked: 'Too many passwords are being checked at the moment. Try again shortly.',
  limit_store_unavailable:
    'The store that counts requests does not answer, and nothing is let through uncounted here. Try again shortly.',
  no_healthy_target: 'Every target for this path is failing its health checks. Try again later.',
  circuit_open: 'Recent requests to this upstream failed, so it gets none for now. Retry-After says for how long.',
  upstream_busy: 'No connection to the target became free in time. Try again shortly.',
  upstream_connect_timeout: 'The target did not accept a connection within the configured time. Try again later.',
  upstream_timeout: 'The target did not answer within the configured time. The request may have had an effect.',
  unsupported_version: 'Use HTTP/1.1.',
};
