import { PyObject, PyTuple, pyCall } from '../python.js'

const UTC = pyCall('datetime', 'timezone', pyCall('datetime', 'timedelta', 0))

/** A moment is an aware datetime, of UTC. */
export function toDatetime(date: Date): PyObject | undefined {
  if (Number.isNaN(date.getTime()) || date.getUTCFullYear() < 1 || date.getUTCFullYear() > 9999) return undefined
  return pyCall(
    'datetime',
    'datetime',
    date.getUTCFullYear(),
    date.getUTCMonth() + 1,
    date.getUTCDate(),
    date.getUTCHours(),
    date.getUTCMinutes(),
    date.getUTCSeconds(),
    date.getUTCMilliseconds() * 1000,
    UTC,
  )
}

/** A datetime as the moment that it is; a naive one is taken for UTC. Undefined: it is none, or of a named zone. */
export function fromDatetime(object: PyObject): Date | undefined {
  if (object.maker !== 'datetime.datetime' || !(object.args instanceof PyTuple)) return undefined
  const { items } = object.args
  const [packed, zone] = items
  if (packed instanceof Uint8Array && packed.byteLength === 10) return fromPacked(packed, offsetMs(zone))
  return items.every((item, i) => Number.isSafeInteger(item) || i === 7) ? fromFields(items) : undefined
}

/** Year (2 bytes, big endian), month, day, hour, minute, second, microsecond (3 bytes); the month's high bit is a fold. */
function fromPacked(bytes: Uint8Array, offset: number | undefined): Date | undefined {
  const [y1 = 0, y2 = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, u1 = 0, u2 = 0, u3 = 0] = bytes
  const micros = (u1 << 16) | (u2 << 8) | u3
  return moment([(y1 << 8) | y2, month & 0x7f, day, hour, minute, second, micros], offset)
}

function fromFields(items: readonly unknown[]): Date | undefined {
  return moment(items.slice(0, 7) as number[], offsetMs(items[7]))
}

function moment(fields: readonly number[], offset: number | undefined): Date | undefined {
  if (offset === undefined) return undefined
  const [year = 1, month = 1, day = 1, hour = 0, minute = 0, second = 0, micros = 0] = fields
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  date.setUTCHours(hour, minute, second, Math.floor(micros / 1000))
  return new Date(date.getTime() - offset)
}

/** Of a `datetime.timezone`; none: 0. */
function offsetMs(zone: unknown): number | undefined {
  if (zone === undefined || zone === null) return 0
  if (!(zone instanceof PyObject) || zone.maker !== 'datetime.timezone') return undefined
  const delta = zone.args instanceof PyTuple ? zone.args.items[0] : undefined
  if (!(delta instanceof PyObject) || delta.maker !== 'datetime.timedelta') return undefined
  const [days = 0, seconds = 0, micros = 0] = delta.args instanceof PyTuple ? (delta.args.items as number[]) : []
  const ms = Number(days) * 86_400_000 + Number(seconds) * 1000 + Number(micros) / 1000
  return Number.isFinite(ms) ? ms : undefined
}
