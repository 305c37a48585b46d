/**
 * Checks of what was decoded: each gives the reason why a value is not what is expected, or undefined. A reason reads
 * on from the name of the value (`is not a key`), or starts with the path to the part that is wrong
 * (`[3].args is not an encoded value`).
 */
import { Encoded } from '../values/encoded.js'
import { isRecord } from './msgpack-extensions.js'

export type Check = (value: unknown) => string | undefined

/** A check for every field of `T`, optional ones included: a field without a check does not compile. */
export type FieldChecks<T> = { readonly [Field in keyof Required<T>]: Check }

const ADDRESS_LONGEST = 300

/** Text of any length. */
export const aText: Check = (value) => (typeof value === 'string' ? undefined : 'is not text')
/** True or false. */
export const aBoolean: Check = (value) => (typeof value === 'boolean' ? undefined : 'is not true or false')
/** Any text may be a key. */
export const aKey: Check = (value) => (typeof value === 'string' ? undefined : 'is not a key')
/** Neither NaN nor infinite. */
export const aNumber: Check = (value) => (Number.isFinite(value) ? undefined : 'is not a number')
/** One that no arithmetic rounds. */
export const anInteger: Check = (value) => (Number.isSafeInteger(value) ? undefined : 'is not an integer')
/** A value at rest; what is in it is looked at by nobody here. */
export const anEncoded: Check = (value) => (value instanceof Encoded ? undefined : 'is not an encoded value')
/** Raw memory. */
export const bytes: Check = (value) => (value instanceof Uint8Array ? undefined : 'is not bytes')
/** There, whatever it is. */
export const anything: Check = (value) => (value === undefined ? 'is missing' : undefined)

/** A whole number from 0: bytes, counts, ports, threads. */
export const aCount: Check = (value) =>
  Number.isSafeInteger(value) && (value as number) >= 0 ? undefined : 'is not a whole number from 0'

/** A number from 0: milliseconds, shares, amounts. */
export const anAmount: Check = (value) =>
  Number.isFinite(value) && (value as number) >= 0 ? undefined : 'is not a number from 0'

/** That it is one in every detail is found out by whoever dials it. */
export const anAddress: Check = (value) =>
  typeof value === 'string' && value.length <= ADDRESS_LONGEST && value.indexOf('://') > 0
    ? undefined
    : 'is not an address'

/** `hash#export`. */
export const aFunctionRef: Check = (value) =>
  typeof value === 'string' && value.indexOf('#') > 0 ? undefined : 'is not a function of an artefact'

/** 128 bits in hexadecimal. */
export const aHash: Check = (value) =>
  typeof value === 'string' && /^[0-9a-f]{32}$/.test(value) ? undefined : 'is not a hash'

/** A worker's alias. */
export const aName: Check = (value) =>
  typeof value === 'string' || Number.isSafeInteger(value) ? undefined : 'is not a name'

/** Absent, or as `check` wants it. */
export function optional(check: Check): Check {
  return (value) => (value === undefined ? undefined : check(value))
}

/** Null, or as `check` wants it. */
export function orNull(check: Check): Check {
  return (value) => (value === null ? undefined : check(value))
}

/** One of these texts. */
export function oneOf(...known: readonly string[]): Check {
  const reason = `is none of ${known.join(', ')}`
  return (value) => (known.includes(value as string) ? undefined : reason)
}

/** A list, each of whose items passes. */
export function listOf(check: Check): Check {
  return (value) => {
    if (!Array.isArray(value)) return 'is not a list'
    for (let i = 0; i < value.length; i++) {
      const reason = check(value[i])
      if (reason !== undefined) return under(`[${i}]`, reason)
    }
    return undefined
  }
}

/** Names of keys and peers do not appear in reasons: they are a stranger's text. */
export function mapOf(checkKey: Check, check: Check): Check {
  return (value) => {
    if (!(value instanceof Map)) return 'is not a map'
    for (const [key, item] of value) {
      const reason = checkKey(key) ?? check(item)
      if (reason !== undefined) return under(checkKey(key) === undefined ? '[…]' : ', in a key,', reason)
    }
    return undefined
  }
}

/** Plain objects of any names, whose values pass `check`: resources, services. */
export function recordOf(check: Check): Check {
  return (value) => {
    if (!isRecord(value)) return 'is not a set of fields'
    for (const name of Object.keys(value)) {
      const reason = check(value[name])
      if (reason !== undefined) return under('.…', reason)
    }
    return undefined
  }
}

/** Exactly these fields matter; others are ignored. */
export function fieldsOf<T>(checks: FieldChecks<T>): Check {
  const named = Object.entries(checks) as [string, Check][]
  return (value) => {
    if (!isRecord(value)) return 'is not a set of fields'
    for (let i = 0; i < named.length; i++) {
      const [name, check] = named[i] as [string, Check]
      const reason = check(value[name])
      if (reason !== undefined) return under(`.${name}`, reason)
    }
    return undefined
  }
}

/** `check` first, then `more` of what is known to have passed it. */
export function both<T>(check: Check, more: (value: T) => string | undefined): Check {
  return (value) => check(value) ?? more(value as T)
}

/** A list of keys. */
export const keys = listOf(aKey)
/** A list of addresses. */
export const addresses = listOf(anAddress)
/** The holders of each key. */
export const whoHas = mapOf(aKey, addresses)
/** Bytes of each key. */
export const sizes = mapOf(aKey, aCount)

/** The reason as a person reads it of a whole message: `run_id is not an integer`. */
export function readable(reason: string | undefined): string | undefined {
  return reason?.startsWith('.') ? reason.slice(1) : reason
}

function under(path: string, reason: string): string {
  return /^[.[,]/.test(reason) ? path + reason : `${path} ${reason}`
}
