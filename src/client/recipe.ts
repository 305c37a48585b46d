import { hash } from 'node:crypto'
import type { FunctionRef } from '../protocol/names.js'

const HEX_DIGITS = 32

/** 128 bits, hex: which work it is. `args`: the hash of the encoded arguments, in which futures are their keys. */
export function recipeOf(fn: FunctionRef, args: string): string {
  return hash('sha256', `${fn}\n${args}`, 'hex').slice(0, HEX_DIGITS)
}
