import { halve } from './halve.js'

export const twice = (x) => (2 * halve(4 * x)) / 2

export function fail(point) {
  throw new RangeError(`no ${point.x}`)
}
