function messageOf(lines: readonly string[]): Buffer {
  return Buffer.from([...lines, '', ''].join('\r\n'), 'latin1');
}

/** What a load generator or another program sends. */
export const smallRequest = messageOf(['GET /api/users/1 HTTP/1.1', 'Host: 127.0.0.1:8080']);

/** The same with an API key. */
export const requestWithKey = messageOf([
  'GET /api/users/1 HTTP/1.1',
  'Host: 127.0.0.1:8080',
  'X-API-Key: sluice_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG012345',
]);

/** What a browser sends for a page of a site that it is logged in to. */
export const browserRequest = messageOf([
  'GET /api/v1/projects/4711/issues?state=open&sort=updated&page=2 HTTP/1.1',
  'Host: app.example.com',
  'Connection: keep-alive',
  'sec-ch-ua: "Chromium";v="140", "Not=A?Brand";v="24", "Google Chrome";v="140"',
  'sec-ch-ua-mobile: ?0',
  'sec-ch-ua-platform: "Linux"',
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
  'Accept: application/json, text/plain, */*',
  'X-Requested-With: XMLHttpRequest',
  'Sec-Fetch-Site: same-origin',
  'Sec-Fetch-Mode: cors',
  'Sec-Fetch-Dest: empty',
  'Referer: https://app.example.com/projects/4711/issues?state=open',
  'Accept-Encoding: gzip, deflate, br, zstd',
  'Accept-Language: en-GB,en-US;q=0.9,en;q=0.8,de;q=0.7',
  'Cache-Control: no-cache',
  'Pragma: no-cache',
  `Cookie: session=${'0123456789abcdef'.repeat(8)}; theme=dark; _analytics=GA1.1.1234567890.1700000000; csrf=${'f'.repeat(32)}`,
  'If-None-Match: W/"5d8c72a5edda8d6a59f6d2e4c7e3a1b0"',
]);

/** What a small web service answers. */
export const response = messageOf([
  'HTTP/1.1 200 OK',
  'Server: nginx/1.22.1',
  'Date: Sat, 22 Nov 2025 10:00:00 GMT',
  'Content-Type: application/json; charset=utf-8',
  'Content-Length: 150',
  'Connection: keep-alive',
  'ETag: W/"96-2FWrbWSSRzMMtTGPCYBuzFEyWqA"',
  'Vary: Accept-Encoding',
]);

export const responseBody = Buffer.from(
  '{"id":1,"name":"Ada Lovelace","email":"ada@example.com"}'.padEnd(150),
  'latin1',
);
