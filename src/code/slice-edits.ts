import type { AnyNode, ImportDeclaration, Program, VariableDeclaration } from 'acorn'
import type { Edit } from './edits.js'
import type { Item } from './top-level.js'

/** Takes out of a file all but these items, and all that exports. */
export function sliceEdits(program: Program, items: readonly Item[], kept: ReadonlySet<Item>): Edit[] {
  return program.body.flatMap((statement) => {
    const here = items.filter((item) => item.statement === statement && kept.has(item)).map(({ node }) => node)
    if (here.length === 0) return [replace(statement, '')]
    if (statement.type === 'ImportDeclaration') return [replace(statement, importOf(statement, here))]
    const declaration = 'declaration' in statement ? statement.declaration : statement
    const unexported = declaration === statement ? [] : [between(statement.start, declaration!.start, '')]
    if (declaration?.type !== 'VariableDeclaration') return unexported
    return [...unexported, ...declarators(declaration, here)]
  })
}

const between = (start: number, end: number, text: string): Edit => ({ start, end, text })
const replace = ({ start, end }: AnyNode, text: string): Edit => ({ start, end, text })

function importOf({ source, specifiers }: ImportDeclaration, here: readonly AnyNode[]): string {
  const parts: string[] = []
  const named: string[] = []
  for (const specifier of specifiers.filter((one) => here.includes(one))) {
    const local = specifier.local.name
    if (specifier.type === 'ImportDefaultSpecifier') parts.push(local)
    else if (specifier.type === 'ImportNamespaceSpecifier') parts.push(`* as ${local}`)
    else if (specifier.imported.type === 'Identifier') named.push(`${specifier.imported.name} as ${local}`)
    else named.push(`${specifier.imported.raw} as ${local}`)
  }
  if (named.length > 0) parts.push(`{ ${named.join(', ')} }`)
  return `import ${parts.join(', ')} from ${source.raw};`
}

/** Of `const a = 1, b = 2` what is kept. */
function declarators({ declarations, start, end, kind }: VariableDeclaration, here: readonly AnyNode[]): Edit[] {
  const kept = declarations.filter((one) => here.includes(one))
  if (kept.length === declarations.length) return []
  return kept.flatMap((one, i) => {
    const last = kept[i + 1] === undefined ? [between(one.end, end, ';')] : []
    return [i === 0 ? between(start, one.start, `${kind} `) : between(kept[i - 1]!.end, one.start, ', '), ...last]
  })
}
