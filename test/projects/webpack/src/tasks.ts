import { halve } from './halve'

export interface Point {
  x: number
}

export const twice = (x: number): number => (2 * halve(4 * x)) / 2

export function fail(point: Point): never {
  throw new RangeError(`no ${point.x}`)
}
