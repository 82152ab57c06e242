/** @file SHA-256 by the Web Crypto that Node and browsers share. Imports nothing. */

/** The sum of `bytes` as 64 lower-case hexadecimal digits. */
export async function sha256(bytes: Uint8Array): Promise<string> {
  // Web Crypto does not read memory that threads share, so such bytes are copied first.
  const plain: Uint8Array<ArrayBuffer> =
    bytes.buffer instanceof ArrayBuffer
      ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      : bytes.slice();
  const digest = await crypto.subtle.digest("SHA-256", plain);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
