/** Ids are public as they are, so the plugin neither wraps nor unwraps them, and `node.ts` finds what they name. */
export const relayOptions = {
  nodeQueryOptions: false,
  nodesQueryOptions: false,
  nodeTypeOptions: {
    description: 'Anything that has an id of its own and can be asked for by it, through node.',
  },
  idFieldOptions: {
    description:
      'Unique everywhere and never reused. What comes after its prefix is opaque; ids of one kind sort by creation.',
  },
  pageInfoTypeOptions: { description: 'Where a page stands in its list.' },
  hasNextPageFieldOptions: {
    description:
      'Whether more follows: ask again with after set to endCursor. With last, true when before was given.',
  },
  hasPreviousPageFieldOptions: {
    description:
      'Whether something comes before: ask again with last, and before set to startCursor. With first, true when after was given.',
  },
  startCursorFieldOptions: {
    description: "The first item's cursor, where the page before it ends. Null on an empty page.",
  },
  endCursorFieldOptions: {
    description: "The last item's cursor, where the next page goes on. Null on an empty page.",
  },
  pageInfoFieldOptions: { description: 'Whether there is more, and where to go on.' },
  edgesFieldOptions: {
    description:
      'The items of this page, each with its cursor. Use nodes when you need no cursors.',
    nullable: false,
  },
  nodeFieldOptions: { description: 'The item itself.', nullable: false },
  cursorFieldOptions: {
    description:
      'Where this item stands in this list: give it as after to go on behind it, or as before to end before it. Other lists refuse it.',
  },
  nodesOnConnection: { description: 'The items of this page.' },
} as const
