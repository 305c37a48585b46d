/** What a value is called: `number`, `null`, `Array`, `Float64Array`, the name of its class. */
export function typenameOf(value: unknown): string {
  if (value === null) return 'null'
  if (typeof value !== 'object') return typeof value
  const prototype: object | null = Object.getPrototypeOf(value)
  if (prototype === null) return 'Object'
  const name: unknown = Object.hasOwn(prototype, 'constructor') ? value.constructor?.name : undefined
  return typeof name === 'string' && name !== '' ? name : Object.prototype.toString.call(value).slice(8, -1)
}
