import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
} from '@tanstack/react-router'
import { readDeliveriesSearch } from './deliveries/deliveries-search.ts'
import { NotFoundPage, PageFailure } from './shell/fallback-pages.tsx'
import { Shell } from './shell/shell.tsx'
import { WebhooksPage } from './webhooks/webhooks-page.tsx'
import { readWebhooksSearch } from './webhooks/webhooks-search.ts'

const root = createRootRoute({ component: Shell, notFoundComponent: NotFoundPage })

const webhooks = createRoute({
  getParentRoute: () => root,
  path: '/',
  validateSearch: readWebhooksSearch,
  component: WebhooksPage,
})

const destination = createRoute({
  getParentRoute: () => root,
  path: '/destinations/$id',
  component: lazyRouteComponent(
    () => import('./destination/destination-page.tsx'),
    'DestinationPage',
  ),
})

const deliveries = createRoute({
  getParentRoute: () => root,
  path: '/destinations/$id/deliveries',
  validateSearch: readDeliveriesSearch,
  component: lazyRouteComponent(() => import('./deliveries/deliveries-page.tsx'), 'DeliveriesPage'),
})

const events = createRoute({
  getParentRoute: () => root,
  path: '/events',
  component: lazyRouteComponent(() => import('./events/events-page.tsx'), 'EventsPage'),
})

const event = createRoute({
  getParentRoute: () => root,
  path: '/events/$type',
  component: lazyRouteComponent(() => import('./events/event-page.tsx'), 'EventPage'),
})

const api = createRoute({
  getParentRoute: () => root,
  path: '/api',
  component: lazyRouteComponent(() => import('./api/api-page.tsx'), 'ApiPage'),
})

const routeTree = root.addChildren([webhooks, destination, deliveries, events, event, api])

interface PagesOptions {
  /** The path below which they are, as in "/settings/webhooks". */
  basePath: string
  restoreScroll: boolean
}

/** Shows the page that the address names. Each page but the first comes in a file of its own. */
export const createPages = ({ basePath, restoreScroll }: PagesOptions) =>
  createRouter({
    routeTree,
    basepath: basePath,
    defaultErrorComponent: PageFailure,
    scrollRestoration: restoreScroll,
    // The files of a page are there when the pointer arrives at its link.
    defaultPreload: 'intent',
  })

export type Pages = ReturnType<typeof createPages>

declare module '@tanstack/react-router' {
  interface Register {
    router: Pages
  }
}
