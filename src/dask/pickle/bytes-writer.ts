/** Bytes that grow as they are written. */
export class BytesWriter {
  #bytes = new Uint8Array(256)
  #view = new DataView(this.#bytes.buffer)
  #length = 0

  byte(value: number): void {
    const at = this.#room(1)
    this.#bytes[at] = value
  }

  uint16(value: number): void {
    const at = this.#room(2)
    this.#view.setUint16(at, value, true)
  }

  int32(value: number): void {
    const at = this.#room(4)
    this.#view.setInt32(at, value, true)
  }

  uint32(value: number): void {
    const at = this.#room(4)
    this.#view.setUint32(at, value, true)
  }

  uint64(value: number): void {
    const at = this.#room(8)
    this.#view.setBigUint64(at, BigInt(value), true)
  }

  float64(value: number): void {
    const at = this.#room(8)
    this.#view.setFloat64(at, value)
  }

  bytes(bytes: Uint8Array): void {
    const at = this.#room(bytes.byteLength)
    this.#bytes.set(bytes, at)
  }

  /** What was written. */
  take(): Uint8Array {
    return this.#bytes.slice(0, this.#length)
  }

  #room(length: number): number {
    const at = this.#length
    this.#length += length
    if (this.#length > this.#bytes.byteLength) this.#grow()
    return at
  }

  #grow(): void {
    const larger = new Uint8Array(2 * this.#length)
    larger.set(this.#bytes)
    this.#bytes = larger
    this.#view = new DataView(larger.buffer)
  }
}
