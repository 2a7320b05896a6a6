// The package has no types of its own. Only what this program uses.
declare module 'fs-native-extensions' {
  /**
   * Takes an exclusive lock of the whole file. It is held by the open file description: by every process that inherited it,
   * until the last of them has closed it or ended.
   * @returns false when it is held elsewhere
   */
  export function tryLock(fd: number): boolean
}
