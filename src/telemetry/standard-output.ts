import { fstatSync, writeSync } from 'node:fs'
import type { Writable } from 'node:stream'
import { isatty } from 'node:tty'
import type { DestinationStream } from 'pino'

const STDOUT_FD = 1

/** Bytes of log lines that wait in memory for a slow reader. Lines beyond them are dropped and counted. */
const MAX_QUEUED_BYTES = 4_000_000

/** A destination of log lines. `write` never throws and never waits for a reader. */
export interface LogOutput extends DestinationStream {
  /** Returns the number of lines that could not be written. */
  lost(): number
}

let output: LogOutput | undefined

/**
 * Returns the log output of this process: its standard output. A full disk, a closed pipe or terminal and a reader that
 * stalls cost log lines and nothing else. On a file it writes again as soon as there is room.
 */
export function standardOutput(): LogOutput {
  output ??= openStandardOutput()
  return output
}

/** Returns the number of log lines of this process that could not be written to standard output. */
export const lostLines = (): number => output?.lost() ?? 0

function openStandardOutput(): LogOutput {
  // Without a listener, an error of either stream would end the process.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
  const kind = fstatSync(STDOUT_FD)
  const isStream = kind.isFIFO() || kind.isSocket() || isatty(STDOUT_FD)
  // Node's own stream for files stays closed after its first error.
  return isStream ? streamOutput(process.stdout) : fileOutput(STDOUT_FD)
}

/** Writes each line synchronously to an open file. */
export function fileOutput(fd: number): LogOutput {
  let lost = 0
  let cut = false
  return {
    lost: () => lost,
    write(line) {
      const bytes = Buffer.from(cut ? `\n${line}` : line)
      let written = 0
      try {
        while (written < bytes.length) written += writeSync(fd, bytes, written)
        cut = false
      } catch {
        lost += 1
        // The next write starts a new line after the part that was written.
        if (written > 0) cut = true
      }
    },
  }
}

/** Writes to a stream that buffers up to `maxQueuedBytes` in memory. */
export function streamOutput(stream: Writable, maxQueuedBytes = MAX_QUEUED_BYTES): LogOutput {
  let lost = 0
  return {
    lost: () => lost,
    write(line) {
      if (stream.writableLength > maxQueuedBytes) lost += 1
      else {
        stream.write(line, (error) => {
          if (error) lost += 1
        })
      }
    },
  }
}
