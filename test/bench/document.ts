import { readFile, writeFile } from 'node:fs/promises'
import { plot } from './plot.ts'
import { type Report, reportJson, rowsOf } from './report.ts'

const DOCS = new URL('../../docs/', import.meta.url)
const BEGIN = '<!-- written by npm run bench: begin -->'
const END = '<!-- written by npm run bench: end -->'

/** Puts a full run into docs/benchmarks.md, with its plot and its JSON beside it. */
export async function documentRun(report: Report): Promise<void> {
  const page = new URL('benchmarks.md', DOCS)
  const text = await readFile(page, 'utf8')
  const [before, rest] = text.split(BEGIN)
  const after = rest?.split(END)[1]
  if (after === undefined) throw new Error(`docs/benchmarks.md lacks its marks: ${BEGIN}, ${END}`)
  await writeFile(page, `${before}${BEGIN}\n\n${markdown(report)}\n\n${END}${after}`)
  await writeFile(new URL('benchmarks.json', DOCS), reportJson(report))
  await writeFile(new URL('benchmarks.svg', DOCS), plot(report))
}

function markdown({ at, machine, results }: Report): string {
  const { cpu, cores, memoryGB, kernel, node, packages, commit } = machine
  const versions = Object.entries(packages).map(([name, version]) => `${name} ${version}`)
  const rows = results.flatMap((result) =>
    rowsOf(result).map(([benchmark, ...cells]) => [`\`${benchmark}\``, ...cells]),
  )
  return [
    `${at.slice(0, 10)}, commit ${commit ?? 'unknown'}: ${cores} cores of ${cpu}, ${memoryGB} GB, ${kernel}; Node ${node}, ${versions.join(', ')}.`,
    '',
    '![Figures against their targets, and how long events take](benchmarks.svg)',
    '',
    '| Benchmark | Figure | Value | Must be | |',
    '| --- | --- | ---: | --- | --- |',
    ...rows.map((cells) => `| ${cells.join(' | ')} |`),
  ].join('\n')
}
