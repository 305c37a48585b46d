/** Some names that need each other, the first again at the end; undefined if none do. `inputs`: what each name needs. */
export function circleIn(inputs: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const stuck = withoutOrder(inputs)
  const path: string[] = []
  const seen = new Map<string, number>()
  for (let name = first(stuck); name !== undefined; name = inputs.get(name)?.find((input) => stuck.has(input))) {
    const before = seen.get(name)
    if (before !== undefined) return [...path.slice(before), name]
    seen.set(name, path.length)
    path.push(name)
  }
  return undefined
}

/** Those that are in a circle, or need one that is (after Kahn). */
function withoutOrder(inputs: ReadonlyMap<string, readonly string[]>): ReadonlySet<string> {
  const left = new Map<string, number>()
  const dependents = new Map<string, string[]>()
  for (const [name, needed] of inputs) {
    left.set(name, needed.length)
    for (const input of needed) {
      const known = dependents.get(input)
      if (known === undefined) dependents.set(input, [name])
      else known.push(name)
    }
  }
  const ready = [...left].filter(([, count]) => count === 0).map(([name]) => name)
  for (let name = ready.pop(); name !== undefined; name = ready.pop()) {
    left.delete(name)
    for (const dependent of dependents.get(name) ?? []) {
      const count = (left.get(dependent) ?? 0) - 1
      left.set(dependent, count)
      if (count === 0) ready.push(dependent)
    }
  }
  return new Set(left.keys())
}

function first(names: ReadonlySet<string>): string | undefined {
  const [name] = names
  return name
}
