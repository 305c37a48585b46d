/** A user's file of functions, as the page's `add`. */

export const add = (x: number, y: number): number => x + y

export const subtract = (x: number, y: number): number => x - y
