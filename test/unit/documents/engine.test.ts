import { expect, test } from 'vitest'
import { rowsUnder } from './document.ts'

/** Returns the folders of src that a walk in docs/engine.md enters, in order, without the folder that it is in already. */
function foldersOf(heading: string): string[] {
  const folders = rowsUnder('docs/engine.md', heading).map(([, file = '']) => {
    const [, path = ''] = /`([\w/.-]+)`/.exec(file) ?? []
    return path.split('/')[0]!
  })
  return folders.filter((folder, index) => folder !== folders[index - 1])
}

test.each([
  ['From a publication to the wire', ['graphql', 'publishing', 'delivery']],
  ['From an attempt to the subscriber', ['delivery', 'feed', 'graphql', 'server']],
])('the walk "%s" enters no folder twice', (heading, folders) => {
  expect(foldersOf(heading)).toEqual(folders)
})

test('every file in a walk is linked by its path below src', () => {
  const links = [
    ...rowsUnder('docs/engine.md', 'From a publication to the wire'),
    ...rowsUnder('docs/engine.md', 'From an attempt to the subscriber'),
  ].flatMap(([, file = '']) => [...file.matchAll(/\[`([^`]+)`\]\(([^)]+)\)/g)])
  expect(links.length).toBeGreaterThan(14)
  for (const [, label, target] of links) expect(target).toBe(`../src/${label}`)
})
