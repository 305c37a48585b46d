/** Types and fields of Arrow, as pyarrow pickles them: calls of its functions that make them. */
import { type ArrowField, type ArrowModule, type ArrowType, isDictionary } from '../../values/arrow-module.js'
import { makeType } from '../../values/arrow-schema.js'
import { PyObject, PyTuple } from '../python.js'
import { fail } from './flatbuffer.js'
import { sized, typeIdsOf } from './ipc-schema.js'

const DEPTH_MAX = 64
const UNITS: readonly unknown[] = ['s', 'ms', 'us', 'ns']

/** Names that need no arguments: the id, and what the constructor is given. */
const NAMED: Readonly<Record<string, readonly [id: number, facts?: object]>> = {
  null: [1],
  bool: [6],
  halffloat: [3, { precision: 0 }],
  float16: [3, { precision: 0 }],
  float: [3, { precision: 1 }],
  float32: [3, { precision: 1 }],
  double: [3, { precision: 2 }],
  float64: [3, { precision: 2 }],
  string: [5],
  utf8: [5],
  large_string: [20],
  large_utf8: [20],
  string_view: [24],
  binary: [4],
  large_binary: [19],
  binary_view: [23],
  'date32[day]': [8, { unit: 0 }],
  'date64[ms]': [8, { unit: 1 }],
  month_day_nano_interval: [11, { unit: 2 }],
}
const INTEGER = /^(u?)int(8|16|32|64)$/
const WITH_UNIT = /^(time32|time64|duration|timestamp)\[(s|ms|us|ns)\]$/

/** Reads types; how many it may read is limited, since parts of them may be shared. */
export class PickledTypes {
  readonly #arrow: ArrowModule
  readonly #spend: () => void

  constructor(arrow: ArrowModule, spend: () => void) {
    this.#arrow = arrow
    this.#spend = spend
  }

  /** Undefined: it is a type that is not known here. */
  type(value: unknown, depth = 0): ArrowType | undefined {
    this.#spend()
    if (depth > DEPTH_MAX) fail(`types nested deeper than ${DEPTH_MAX}`)
    const { name, args } = callIn(value)
    if (name === 'type_for_alias') return this.#named(String(args[0]))
    if (name === 'dictionary') return this.#dictionary(args, depth)
    const known = this.#facts(name, args, depth)
    return known && this.#make(...known)
  }

  field(value: unknown, depth = 0): ArrowField | undefined {
    const { name, args } = callIn(value)
    const type = name === 'field' ? this.type(args[1], depth + 1) : undefined
    if (type === undefined) return undefined
    return new this.#arrow.Field(String(args[0]), type, args[2] !== false, metadataIn(args[3]))
  }

  fields(value: unknown, depth = 0): ArrowField[] | undefined {
    const fields = itemsIn(value).map((one) => this.field(one, depth))
    return fields.every((one) => one !== undefined) ? (fields as ArrowField[]) : undefined
  }

  #make(id: number, facts: object): ArrowType | undefined {
    return makeType(this.#arrow, id, (name) => Reflect.get(facts, name))
  }

  #named(name: string): ArrowType | undefined {
    const [, unsigned, bits] = INTEGER.exec(name) ?? []
    if (bits !== undefined) return this.#make(2, { bitWidth: Number(bits), isSigned: unsigned === '' })
    const [, kind, unit] = WITH_UNIT.exec(name) ?? []
    if (kind !== undefined) return this.#timed(kind, UNITS.indexOf(unit))
    const known = Object.hasOwn(NAMED, name) ? NAMED[name] : undefined
    return known && this.#make(known[0], known[1] ?? {})
  }

  #timed(kind: string, unit: number): ArrowType | undefined {
    if (kind === 'duration') return this.#make(18, { unit })
    if (kind === 'timestamp') return this.#make(10, { unit, timezone: null })
    return this.#make(9, { unit, bitWidth: kind === 'time32' ? 32 : 64 })
  }

  #dictionary([indices, values, isOrdered]: readonly unknown[], depth: number): ArrowType | undefined {
    const index = this.type(indices, depth + 1)
    const value = this.type(values, depth + 1)
    if (index?.typeId !== 2 || value === undefined || isDictionary(value)) return undefined
    return new this.#arrow.Dictionary(value, index, null, isOrdered === true)
  }

  #facts(name: string, args: readonly unknown[], depth: number): [id: number, facts: object] | undefined {
    switch (name) {
      case 'timestamp':
        return UNITS.includes(args[0]) ? [10, { unit: UNITS.indexOf(args[0]), timezone: args[1] ?? null }] : undefined
      case 'binary':
        return [15, { byteWidth: sized(Number(args[0])) }]
      case 'list_':
      case 'large_list':
        return this.#list(name, args, depth)
      case 'struct': {
        const children = this.fields(args[0], depth)
        return children && [13, { children }]
      }
      case 'map_':
        return this.#map(args, depth)
      case 'union':
        return this.#union(args, depth)
      default:
        return decimal(name, args)
    }
  }

  #list(name: string, args: readonly unknown[], depth: number): [id: number, facts: object] | undefined {
    const child = this.field(args[0], depth) ?? this.#item(args[0], depth)
    if (child === undefined) return undefined
    if (typeof args[1] === 'number') return [16, { child, listSize: sized(args[1]) }]
    return [name === 'list_' ? 12 : 21, { child }]
  }

  /** Lists of a fixed size give the type alone. */
  #item(value: unknown, depth: number): ArrowField | undefined {
    const type = this.type(value, depth + 1)
    return type && new this.#arrow.Field('item', type, true)
  }

  #map(args: readonly unknown[], depth: number): [id: number, facts: object] | undefined {
    const children = this.fields([args[0], args[1]], depth)
    const entries = children && this.#make(13, { children })
    if (entries === undefined) return undefined
    return [17, { child: new this.#arrow.Field('entries', entries, false), keysSorted: args[2] === true }]
  }

  #union([fields, mode, ids]: readonly unknown[], depth: number): [id: number, facts: object] | undefined {
    const children = this.fields(fields, depth)
    if (children === undefined) return undefined
    return [14, { mode: mode === 'dense' ? 1 : 0, typeIds: typeIdsOf(itemsIn(ids).map(Number), children), children }]
  }
}

function decimal(name: string, [precision, scale]: readonly unknown[]): [id: number, facts: object] | undefined {
  const bits = /^decimal(32|64|128|256)$/.exec(name)?.[1]
  return bits === undefined ? undefined : [7, { precision, scale, bitWidth: Number(bits) }]
}

/** The function of `pyarrow.lib` that is called, and with what; no name for anything else. */
export function callIn(value: unknown): { name: string; args: readonly unknown[] } {
  const [, name] = value instanceof PyObject ? (/^pyarrow\.lib\.(\w+)$/.exec(value.maker ?? '') ?? []) : []
  if (name === undefined || !(value instanceof PyObject) || value.making !== 'call') return { name: '', args: [] }
  return { name, args: itemsIn(value.args) }
}

/** What is in a list or tuple. */
export function itemsIn(value: unknown): readonly unknown[] {
  if (value instanceof PyTuple) return value.items
  return Array.isArray(value) ? value : []
}

/** Metadata of a schema or field: bytes by bytes. */
export function metadataIn(value: unknown): Map<string, string> {
  const text = (part: unknown) => (part instanceof Uint8Array ? Buffer.from(part).toString() : String(part))
  return new Map(value instanceof Map ? [...value].map(([key, item]) => [text(key), text(item)]) : [])
}
