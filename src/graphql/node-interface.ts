import { builder } from './builder.ts'

export const Node = builder.nodeInterfaceRef()
