import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pixelmatch from 'pixelmatch'
import { PNG } from 'pngjs'

/** The accepted pictures. */
const ACCEPTED = fileURLToPath(new URL('pictures/', import.meta.url))

/** The folder for pictures that differ and for their differences. Not in version control. */
const DIFFERING = fileURLToPath(new URL('../../screenshots/', import.meta.url))

/** The allowed difference of the color of a pixel, from 0 to 1, because processors round differently. */
const COLOR_TOLERANCE = 0.05

/** The number of pixels of a picture that can differ by more. */
const PIXEL_TOLERANCE = 12

/** Whether this run replaces the accepted pictures instead of comparing with them. */
const accepts = process.env.ACCEPT_PICTURES === 'true'

/** Compares a picture with the accepted one. @returns what differs in a sentence, or null */
export async function comparePicture(name: string, bytes: Buffer): Promise<string | null> {
  const path = join(ACCEPTED, `${name}.png`)
  const before = await readFile(path).catch(() => null)
  // An accepted picture is stored as Chromium encoded it. To decode pictures takes most of the time of a comparison.
  if (before?.equals(bytes)) return null
  const difference = before ? differenceOf(before, bytes) : { words: 'has no accepted picture' }
  if (!difference) return null
  if (accepts) {
    await mkdir(ACCEPTED, { recursive: true })
    await writeFile(path, bytes)
    return null
  }
  await mkdir(DIFFERING, { recursive: true })
  await writeFile(join(DIFFERING, `${name}.png`), bytes)
  if (difference.picture) {
    await writeFile(join(DIFFERING, `${name}-difference.png`), difference.picture)
  }
  return `${name} ${difference.words}: see screenshots/${name}.png`
}

/** @returns null if the pictures are equal within the tolerance */
function differenceOf(before: Buffer, after: Buffer): { words: string; picture?: Buffer } | null {
  const [old, now] = [PNG.sync.read(before), PNG.sync.read(after)]
  const { width, height } = old
  if (width !== now.width || height !== now.height) {
    return { words: `is ${now.width}×${now.height} in place of ${width}×${height} pixels` }
  }
  if (old.data.equals(now.data)) return null
  const diff = new PNG({ width, height })
  const options = { threshold: COLOR_TOLERANCE }
  const count = pixelmatch(old.data, now.data, diff.data, width, height, options)
  if (count <= PIXEL_TOLERANCE) return null
  return { words: `differs in ${count} pixels`, picture: PNG.sync.write(diff) }
}

/** Returns the names of the accepted pictures. A run that accepts pictures removes those that it did not take. */
export async function acceptedPictures(taken: readonly string[]): Promise<string[]> {
  const files = await readdir(ACCEPTED)
  const names = files.map((file) => file.replace(/\.png$/, ''))
  if (!accepts) return names
  const left = names.filter((name) => !taken.includes(name))
  await Promise.all(left.map((name) => rm(join(ACCEPTED, `${name}.png`))))
  return names.filter((name) => taken.includes(name))
}
