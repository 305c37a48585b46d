/**
 * How a program calls a function that the language or Node brings along: `Math.max`, `x.toFixed` for a method;
 * undefined for any other, as for one that was bound.
 */
export function nativePathOf(fn: (...args: never[]) => unknown): string | undefined {
  const { name } = fn
  if (ownValue(globalThis, name) === fn) return name
  for (const holder of Object.getOwnPropertyNames(globalThis)) {
    const value = ownValue(globalThis, holder)
    if (ownValue(value, name) === fn) return `${holder}.${name}`
    if (ownValue(ownValue(value, 'prototype'), name) === fn) return `x.${name}`
  }
  return undefined
}

/** Getters are not asked: they may do things. */
function ownValue(holder: unknown, name: string): unknown {
  const isObject = (typeof holder === 'object' && holder !== null) || typeof holder === 'function'
  return isObject ? Object.getOwnPropertyDescriptor(holder, name)?.value : undefined
}
