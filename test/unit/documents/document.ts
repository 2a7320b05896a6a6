import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../../..', import.meta.url))

/** Every document of the repository, as a path below its root. */
export const DOCUMENTS = globSync(['*.md', 'docs/**/*.md', 'src/**/*.md'], { cwd: ROOT }).sort()

export const read = (file: string): string => readFileSync(`${ROOT}${file}`, 'utf8')

/** Returns the text of a document without its code blocks. */
export const proseOf = (file: string): string => read(file).replace(/^( *)```[\s\S]*?^\1```$/gm, '')

export interface Block {
  file: string
  language: string
  text: string
}

/** Returns the code blocks of a document. */
export const blocksOf = (file: string): Block[] =>
  [...read(file).matchAll(/^( *)```(\w*)\n([\s\S]*?)^\1```$/gm)].map(
    ([, , language = '', text = '']) => ({ file, language, text }),
  )

/** Returns the anchors of a document's headings, as GitHub builds them. */
export function anchorsOf(file: string): string[] {
  const counts = new Map<string, number>()
  return headingsOf(file).map((heading) => {
    const anchor = heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M}\s_-]/gu, '')
      .replace(/\s/g, '-')
    const count = counts.get(anchor) ?? 0
    counts.set(anchor, count + 1)
    return count === 0 ? anchor : `${anchor}-${count}`
  })
}

export const headingsOf = (file: string): string[] =>
  [...proseOf(file).matchAll(/^#{1,6} +(.+?) *$/gm)].map(([, heading = '']) =>
    heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1'),
  )

/** Returns the rows below a heading of a document, as cells, without the heads of the tables. */
export function rowsUnder(file: string, heading: string): string[][] {
  const [, section = ''] = read(file).split(new RegExp(`^#+ ${heading}$`, 'm'))
  return tableRows(section.split(/^#/m)[0]!)
}

/** Returns the rows of the tables in a text, as cells, without the heads of the tables. */
export function tableRows(text: string): string[][] {
  const lines = text.split('\n')
  const isRow = (line: string | undefined) => line?.startsWith('|') === true
  const isRule = (line: string | undefined) => /^\|[ :|-]+\|$/.test(line ?? '')
  return lines
    .filter((line, index) => isRow(line) && !isRule(line) && !isRule(lines[index + 1]))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
}
