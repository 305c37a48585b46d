/**
 * How a head is written. Its first byte is the family:
 *
 *   0x10 + flags   any value: a body, then the table of its buffers (if the flag says that there is one)
 *   0x20 + kind    a bare typed array or ArrayBuffer; its bytes follow, or are the only buffer
 *
 * The body is msgpack as everybody reads it. What msgpack lacks stands behind the byte 0xc1, which msgpack never uses,
 * and a byte of `EXTRA`. Their lengths and numbers are varints (LEB128, unsigned).
 */
export const FAMILY_VALUE = 0x10
/** Above 0x3f is room for families to come. */
export const FAMILY_BARE = 0x20

/** An object occurs more than once: the reader numbers what it meets, `AGAIN` names a number. */
export const FLAG_SHARED = 1
/** Objects with the same keys: the reader numbers the lists of keys, `SAME_KEYS` names a number. */
export const FLAG_SHAPES = 2
/** There are buffers, and behind the body their table; the last four bytes (big endian) are its length. */
export const FLAG_BUFFERS = 4

/** There are Arrow tables. */
export const FLAG_ARROW = 8

/** What follows is `EXTRA`. */
export const ESCAPE = 0xc1

/** What msgpack lacks. A number that was given to one is never given to another. */
export const EXTRA = {
  undefined: 0x00,
  /** Text that is no Unicode (lone surrogates): number of units, then UTF-16, little endian. */
  text16: 0x01,
  /** 2 · bytes + (negative ? 1 : 0), then the magnitude, little endian. */
  bigint: 0x02,
  /** The object of that number once more. */
  again: 0x03,
  /** Number of a list of keys, then the values. */
  sameKeys: 0x04,
  /** An object without prototype: the object follows as a map or as `sameKeys`. */
  nullObject: 0x05,
  /** Holes or keys of its own: length, number of entries, then index or name and value of each. */
  looseArray: 0x06,
  /** Size, then keys and values in turn. */
  map: 0x07,
  set: 0x08,
  /** Milliseconds as a float64, NaN for an invalid date. */
  date: 0x09,
  /** Source, flags, lastIndex. */
  regexp: 0x0a,
  /** The primitive inside. */
  boxed: 0x0b,
  /** See error-values.ts. */
  error: 0x0c,
  /** The next view of the table: its kind. */
  view: 0x0d,
  /** A key, in whose place its value comes. */
  reference: 0x0e,
  /** Name of its codec, then what that made of it. */
  instance: 0x0f,
  /** Name of its class, then its own properties as a map or as `sameKeys`. */
  properties: 0x10,
  /** See ndarray.ts. */
  ndarray: 0x11,
  /** See arrow.ts. */
  arrow: 0x12,
  /** An array of numbers, not all of them small integers: their number, then float64s, little endian. */
  numbers: 0x13,
} as const

/** Arrays of numbers from this length on are `numbers`. */
export const NUMBERS_MIN = 16
/** From this size on a buffer lies beside the head. */
export const LARGE_BUFFER = 4096
/** Deeper values are refused. */
export const NESTING_MAX = 1000
/** So many lists of keys are numbered. */
export const SHAPES_MAX = 4096
