import type { IncomingMessage } from 'node:http';

/**
 * The whole body, or null when it is longer than `limitBytes`: then it is known as soon as possible, and the rest is
 * read and thrown away, so that the client can finish sending and the connection lives on. Rejects when the client goes
 * away in the middle.
 */
export function readBody(request: IncomingMessage, limitBytes: number): Promise<Buffer | null> {
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] = [];
    let sizeBytes = 0;
    let tooLong = false;
    const giveUp = () => {
      tooLong = true;
      chunks = [];
      resolve(null);
    };
    request.on('data', (chunk: Buffer) => {
      if (tooLong) return;
      sizeBytes += chunk.length;
      if (sizeBytes > limitBytes) giveUp();
      else chunks.push(chunk);
    });
    request.on('end', () => resolve(Buffer.concat(chunks)));
    request.on('error', reject);
    request.on('close', () => reject(new Error('The client went away before the end of the body.')));
    if (Number(request.headers['content-length'] ?? 0) > limitBytes) giveUp();
  });
}

/** The value of a JSON text, and any other body as a string. An empty body is the empty string. */
export function decodeBody(body: Buffer): unknown {
  const text = body.toString('utf8');
  try {
    const value: unknown = JSON.parse(text);
    // Some engines read deeper nesting than they can write: such a value is echoed as text.
    JSON.stringify(value);
    return value;
  } catch {
    return text;
  }
}
