/** Memory for a result, which all threads of the worker can see. A SharedArrayBuffer begins 64-byte aligned. */
export function sharedBytes(nbytes: number): Uint8Array {
  return new Uint8Array(new SharedArrayBuffer(nbytes))
}
