/** Ids are public as they are, so the plugin neither encodes nor decodes them, and `node.ts` reads what they identify. */
export const relayOptions = {
  nodeQueryOptions: false,
  nodesQueryOptions: false,
  nodeTypeOptions: {
    description: 'An object with a globally unique id. Read any of them with the query node.',
  },
  idFieldOptions: {
    description:
      'The globally unique id, which is never reused. Treat what follows the prefix as opaque; ids of one type sort by creation time.',
  },
  pageInfoTypeOptions: { description: 'The position of a page in its list.' },
  hasNextPageFieldOptions: {
    description:
      'Whether the list has more items after this page. To read them, pass endCursor as after. When paging with last: whether before was given.',
  },
  hasPreviousPageFieldOptions: {
    description:
      'Whether the list has more items before this page. To read them, use last and pass startCursor as before. When paging with first: whether after was given.',
  },
  startCursorFieldOptions: {
    description: 'The cursor of the first item of this page. Null if the page is empty.',
  },
  endCursorFieldOptions: {
    description: 'The cursor of the last item of this page. Null if the page is empty.',
  },
  pageInfoFieldOptions: { description: 'Whether there are more pages, and how to read them.' },
  edgesFieldOptions: {
    description: 'The items of this page with their cursors. Use nodes if you need no cursors.',
    nullable: false,
  },
  nodeFieldOptions: { description: 'The item.', nullable: false },
  cursorFieldOptions: {
    description:
      'The position of this item in this list, to pass as after or before. Cursors of other lists are refused.',
  },
  nodesOnConnection: { description: 'The items of this page.' },
} as const
