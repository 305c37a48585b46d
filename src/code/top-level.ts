import type { AnyNode, Program } from 'acorn'
import type { Scope, Variable } from 'eslint-scope'
import type { SourceFile } from './source-file.js'

/** One thing that a file's top level declares or does: a function, a class, one variable, one import, a statement. */
export interface Item {
  readonly node: AnyNode
  /** The whole statement; `const a = 1, b = 2` is two items of one. */
  readonly statement: AnyNode
  readonly kind: 'import' | 'declaration' | 'statement'
}

/** Where a top-level name is used. */
export interface Use {
  readonly item: Item
  readonly identifier: AnyNode
  /** Assigned to while the top level runs, not within a function. */
  readonly isWrite: boolean
}

/** A top-level name. */
export interface Binding {
  readonly name: string
  readonly declaredBy: readonly Item[]
  readonly uses: readonly Use[]
}

/** What a file's top level consists of. */
export interface TopLevel {
  readonly items: readonly Item[]
  readonly bindings: ReadonlyMap<string, Binding>
}

/** Items in the order of the file, and each name with where it comes from and is used. */
export function topLevelOf({ program, topScope }: SourceFile): TopLevel {
  const items = program.body.flatMap(itemsOf)
  const bindings = topScope.variables.map((variable) => bindingOf(variable, items, topScope))
  return { items, bindings: new Map(bindings.map((binding) => [binding.name, binding])) }
}

/** What a statement only exports (`export { a }`) is no item. */
function itemsOf(statement: Program['body'][number]): Item[] {
  switch (statement.type) {
    case 'ImportDeclaration':
      return statement.specifiers.map((node) => ({ node, statement, kind: 'import' }))
    case 'ExportNamedDeclaration':
    case 'ExportDefaultDeclaration':
      return statement.declaration == null ? [] : declared(statement.declaration, statement)
    case 'ExportAllDeclaration':
      return []
    default:
      return declared(statement, statement)
  }
}

function declared(node: AnyNode, statement: AnyNode): Item[] {
  if (node.type === 'VariableDeclaration')
    return node.declarations.map((one) => ({ node: one, statement, kind: 'declaration' }))
  const isNamed = (node.type === 'FunctionDeclaration' || node.type === 'ClassDeclaration') && node.id != null
  return [{ node, statement, kind: isNamed ? 'declaration' : 'statement' }]
}

function bindingOf(variable: Variable, items: readonly Item[], topScope: Scope): Binding {
  const itemAt = (identifier: AnyNode) => items.find(({ node }) => contains(node, identifier))
  const declaredBy = variable.identifiers.map((one) => itemAt(one as never)).filter((item) => item !== undefined)
  const uses = variable.references.flatMap((reference) => {
    const identifier = reference.identifier as never as AnyNode
    const item = itemAt(identifier)
    const isWrite = reference.isWrite() && reference.from.variableScope === topScope
    return item === undefined ? [] : [{ item, identifier, isWrite }]
  })
  return { name: variable.name, declaredBy, uses }
}

/** Whether the one lies within the other. */
export const contains = (outer: AnyNode, inner: AnyNode) => outer.start <= inner.start && inner.end <= outer.end
