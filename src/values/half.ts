const scratch = new DataView(new ArrayBuffer(4))

/** The number that these 16 bits are as a float16. */
export function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 0x1f
  const fraction = bits & 0x3ff
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

/** The 16 bits of the nearest float16, ties to even. */
export function toHalf(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0
  const size = Math.abs(value)
  if (Number.isNaN(value)) return 0x7e00
  if (size >= 65520) return sign | 0x7c00
  if (size < 2 ** -14) return sign | roundToEven(size * 2 ** 24)
  const exponent = exponentOf(size)
  // A fraction that rounds up to 1024 carries into the exponent, as it must.
  return sign | (((exponent + 15) << 10) + roundToEven((size / 2 ** exponent - 1) * 1024))
}

/** Of a number in the range of normal float16s: float32's is the same, but for what rounds up. */
function exponentOf(size: number): number {
  scratch.setFloat32(0, size)
  const exponent = ((scratch.getUint32(0) >> 23) & 0xff) - 127
  return 2 ** exponent > size ? exponent - 1 : exponent
}

function roundToEven(value: number): number {
  const floor = Math.floor(value)
  const rest = value - floor
  if (rest !== 0.5) return Math.round(value)
  return floor % 2 === 0 ? floor : floor + 1
}
