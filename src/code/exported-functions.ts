import type { AnyNode, CallExpression, Identifier, Program } from 'acorn'
import type { AsyncBody } from './async-body.js'
import { walk } from './syntax.js'

/** What is known of an export before it runs. */
export interface ExportedFunction {
  readonly exported: string
  /** The function's own name, where it has one. */
  readonly local: string
  readonly pure: boolean
}

/** The exports that are functions or may be; of a call's result only running it could tell. */
export function exportedFunctions(source: AsyncBody): ExportedFunction[] {
  const declared = declarationsOf(source.program)
  return [...source.exports].flatMap(([exported, local]) => {
    if (exported === 'default' && !/^[\w$]+$/.test(local)) return commonJs(source.program)
    const known = describe(declared.get(local), source, declared)
    return known === undefined ? [] : [{ exported, local, ...known }]
  })
}

function declarationsOf(program: Program): Map<string, AnyNode | undefined> {
  const found = new Map<string, AnyNode | undefined>()
  for (const statement of program.body) {
    if (statement.type === 'FunctionDeclaration' || statement.type === 'ClassDeclaration')
      found.set(statement.id.name, statement)
    if (statement.type !== 'VariableDeclaration') continue
    for (const { id, init } of statement.declarations)
      if (id.type === 'Identifier') found.set(id.name, init ?? undefined)
  }
  return found
}

const FUNCTIONS = /^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/
const NO_FUNCTIONS =
  /^(Literal|TemplateLiteral|ObjectExpression|ArrayExpression|ClassDeclaration|ClassExpression|NewExpression|UnaryExpression|BinaryExpression|UpdateExpression)$/

function describe(
  node: AnyNode | undefined,
  source: AsyncBody,
  declared: ReadonlyMap<string, AnyNode | undefined>,
): { pure: boolean } | undefined {
  if (node === undefined || FUNCTIONS.test(node.type)) return { pure: false }
  if (NO_FUNCTIONS.test(node.type)) return undefined
  if (node.type === 'Identifier' && declared.has(node.name) && declared.get(node.name) !== node)
    return describe(declared.get(node.name), source, declared)
  const wrapper = node.type === 'CallExpression' ? heddlesName(node, source) : undefined
  if (wrapper === 'pure') return { pure: true }
  if (wrapper === 'task') return describe((node as CallExpression).arguments[1], source, declared)
  return { pure: false }
}

function heddlesName({ callee }: CallExpression, { imports }: AsyncBody): string | undefined {
  const imported = callee.type === 'Identifier' ? imports.get(callee.name) : undefined
  if (imported?.module === 'heddle') return imported.name
  if (callee.type !== 'MemberExpression' || callee.object.type !== 'Identifier') return undefined
  const isNamespace = imports.get(callee.object.name)?.module === 'heddle'
  return isNamespace && callee.property.type === 'Identifier' ? callee.property.name : undefined
}

/** `exports.a = …` and `module.exports = { a, b() {} }` of the last module in the bundle, which is the entry. */
function commonJs(program: Program): ExportedFunction[] {
  const modules = program.body.filter((statement) => statement.type === 'VariableDeclaration')
  const names = new Set<string>()
  walk(modules.at(-1) ?? program, (node) => {
    if (node.type !== 'AssignmentExpression' || node.left.type !== 'MemberExpression') return
    const { object, property } = node.left
    if (isModuleExports(node.left)) for (const name of namesOf(node.right)) names.add(name)
    else if (isModuleExports(object) || isExports(object)) names.add((property as Identifier).name)
  })
  return [...names]
    .filter((name) => name !== '__esModule')
    .map((name) => ({ exported: name, local: name, pure: false }))
}

const isExports = (node: AnyNode) => node.type === 'Identifier' && /^exports\d*$/.test(node.name)
const isModuleExports = (node: AnyNode) =>
  node.type === 'MemberExpression' &&
  node.object.type === 'Identifier' &&
  /^module\d*$/.test(node.object.name) &&
  node.property.type === 'Identifier' &&
  node.property.name === 'exports'

function namesOf(node: AnyNode): string[] {
  if (FUNCTIONS.test(node.type)) return ['default']
  if (node.type !== 'ObjectExpression') return []
  return node.properties.flatMap((property) =>
    property.type === 'Property' && property.key.type === 'Identifier' && !NO_FUNCTIONS.test(property.value.type)
      ? [property.key.name]
      : [],
  )
}
