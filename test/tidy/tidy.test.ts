import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { RULES } from './rules.js'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const SKIPPED = new Set(['node_modules', 'dist', '.git', 'coverage', 'local', 'projects', 'tidy'])
const TEXT = /\.(ts|mts|cts|js|mjs|cjs|json|md|sh|yml|yaml|txt)$|\/run$/
// In a core a transition's name says it all.
const DOCUMENTED = /^src\/(?!.*\/core\/)/
const LONGEST_FILE = 300

function filesUnder(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true }).filter(
    ({ name }) => !SKIPPED.has(name) && !name.startsWith('.venv'),
  )
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name)
    return entry.isDirectory() ? filesUnder(path) : entry.isFile() && TEXT.test(path) ? [relative(ROOT, path)] : []
  })
}

const files = new Map(filesUnder(ROOT).map((path) => [path, readFileSync(join(ROOT, path), 'utf8')]))

function findingsOf({ found, instead, within, except }: (typeof RULES)[number]): string[] {
  const concerned = [...files].filter(([path]) => within.test(path) && !except?.test(path))
  return concerned.flatMap(([path, text]) =>
    text
      .split('\n')
      .flatMap((line, i) => (found.test(line) ? [`${path}:${i + 1}: use ${instead} for: ${line.trim()}`] : [])),
  )
}

/** The anchors that a page's headings give, as forges make them. */
function anchorsOf(markdown: string): Set<string> {
  const headings = [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, title]) => title!)
  return new Set(
    headings.map((title) =>
      title
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  )
}

function deadLinksIn(page: string, text: string): string[] {
  const prose = text.replace(/^```[\s\S]*?^```/gm, '').replace(/`[^`\n]*`/g, '')
  const links = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target!)
  return links
    .filter((target) => !/^[a-z]+:/.test(target) && !leads(page, target))
    .map((target) => `${page}: ${target}`)
}

function leads(page: string, target: string): boolean {
  const [path = '', anchor] = target.split('#')
  const file = path === '' ? page : join(dirname(page), decodeURIComponent(path))
  if (!existsSync(join(ROOT, file))) return false
  return anchor === undefined || !file.endsWith('.md') || anchorsOf(files.get(file) ?? '').has(anchor)
}

describe('the tree', () => {
  test('there are files to look at', () => expect(files.size).toBeGreaterThan(20))

  test.each(RULES.map((rule) => [String(rule.found), rule] as const))('nothing matches %s', (_name, rule) => {
    expect(findingsOf(rule)).toEqual([])
  })

  test(`no file of src is longer than ${LONGEST_FILE} lines`, () => {
    const lengths = [...files]
      .filter(([path]) => path.startsWith('src/'))
      .map(([path, text]) => ({ path, lines: text.trimEnd().split('\n').length }))
    expect(lengths.filter(({ lines }) => lines > LONGEST_FILE)).toEqual([])
  })

  test('every link of a page leads somewhere', () => {
    const pages = [...files].filter(([path]) => path.endsWith('.md'))
    expect(pages.flatMap(([path, text]) => deadLinksIn(path, text))).toEqual([])
  })

  test('every export says what it is', () => {
    const bare = [...files].flatMap(([path, text]) => (DOCUMENTED.test(path) ? undocumented(path, text) : []))
    expect(bare).toEqual([])
  })
})

/** Exported functions, classes and constants without a docstring; a type may speak for itself. */
function undocumented(path: string, text: string): string[] {
  const lines = text.split('\n')
  return lines.flatMap((line, i) => {
    const name = /^export (?:async )?(?:abstract )?(?:function\*?|class|const) (\w+)/.exec(line)?.[1]
    const isOverload = new RegExp(`^export (async )?function ${name}\\b`).test(lines[i - 1] ?? '')
    return name === undefined || isOverload || /\*\/$/.test(lines[i - 1] ?? '') ? [] : [`${path}:${i + 1}: ${name}`]
  })
}
