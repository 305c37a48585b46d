/** A user's file of functions, with the page's `add`. */
import { task } from 'heddle'

export const add = task(import.meta, function add(x: number, y: number): number {
  return plus(x, y)
})

function plus(x: number, y: number): number {
  return x + y
}
