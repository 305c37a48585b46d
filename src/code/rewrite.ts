import type { ImportExpression } from 'acorn'
import { LoadError } from '../errors.js'
import { applyEdits, type Edit } from './edits.js'
import type { FunctionSource } from './source.js'
import { walk } from './syntax.js'

/**
 * The function as a body that gives it under its name: helpers and all else that is ours stand on the first line,
 * before the function, whose lines keep their numbers.
 */
export function bodyOf(source: FunctionSource, prelude: string): string {
  const expression = applyEdits(source.expression, importEdits(source))
  const directive = source.strict ? "'use strict'; " : ''
  return `${directive}${prelude} return { [${JSON.stringify(source.name)}]: ${expression} };`
}

/** `import(x)` asks the loader, which knows where packages are found. */
function importEdits({ name, program }: FunctionSource): Edit[] {
  const edits: Edit[] = []
  walk(program, (node) => {
    if (node.type !== 'ImportExpression') return
    refuseRelative(name, node)
    edits.push({ start: node.start, end: node.source.start, text: '__import(' })
    edits.push({ start: node.source.end, end: node.end, text: ')' })
  })
  return edits
}

function refuseRelative(name: string, { source, loc }: ImportExpression): void {
  if (source.type !== 'Literal' || typeof source.value !== 'string' || !/^\.{0,2}\//.test(source.value)) return
  throw new LoadError(
    'HEDDLE_FUNCTION',
    `'${name}' imports '${source.value}' (its line ${loc!.start.line}), a file that is found from its own file only. ` +
      'Put the function into a module, which is bundled with what it imports: client.module(path)',
  )
}
