const CONDITIONS = new Set(['node', 'import', 'module-sync', 'default'])

/** What a package's `exports` gives for a subpath (`.`, `./lib/x.js`) to `import`, or undefined. */
export function exportTarget(exports: unknown, subpath: string): string | undefined {
  if (!hasSubpaths(exports)) return subpath === '.' ? conditional(exports) : undefined
  if (subpath in exports && !subpath.includes('*')) return conditional(exports[subpath])
  for (const pattern of Object.keys(exports).sort(byPrefixLength)) {
    const wildcard = match(pattern, subpath)
    if (wildcard !== undefined) return conditional(exports[pattern])?.replaceAll('*', () => wildcard)
  }
  return undefined
}

function hasSubpaths(exports: unknown): exports is Record<string, unknown> {
  if (typeof exports !== 'object' || exports === null || Array.isArray(exports)) return false
  return Object.keys(exports).every((key) => key.startsWith('.'))
}

function conditional(target: unknown): string | undefined {
  if (typeof target === 'string') return target
  if (Array.isArray(target)) return target.map(conditional).find((one) => one !== undefined)
  if (typeof target !== 'object' || target === null) return undefined
  for (const [condition, inner] of Object.entries(target)) {
    const found = CONDITIONS.has(condition) ? conditional(inner) : undefined
    if (found !== undefined) return found
  }
  return undefined
}

const byPrefixLength = (a: string, b: string) => b.indexOf('*') - a.indexOf('*')

function match(pattern: string, subpath: string): string | undefined {
  const star = pattern.indexOf('*')
  if (star === -1) return undefined
  const [start, end] = [pattern.slice(0, star), pattern.slice(star + 1)]
  const fits = subpath.length >= start.length + end.length && subpath.startsWith(start) && subpath.endsWith(end)
  return fits ? subpath.slice(start.length, subpath.length - end.length) : undefined
}
