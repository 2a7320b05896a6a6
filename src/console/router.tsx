import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  RouterProvider,
} from '@tanstack/react-router'
import { type ReactElement, useState } from 'react'
import { readDeliveriesSearch } from './deliveries/deliveries-search.ts'
import { NotFoundPage } from './shell/not-found-page.tsx'
import { PageFailure } from './shell/page-failure.tsx'
import { Shell } from './shell/shell.tsx'
import { readWebhooksSearch } from './webhooks/webhooks-search.ts'
import { WebhooksPage } from './webhooks/webhooks-page.tsx'

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

const createConsoleRouter = (basepath: string) =>
  createRouter({
    routeTree,
    basepath,
    defaultErrorComponent: PageFailure,
    scrollRestoration: true,
    // The files of a page are there when the pointer arrives at its link.
    defaultPreload: 'intent',
  })

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createConsoleRouter>
  }
}

/** Shows the page that the address names. Each page but the first comes in a file of its own. */
export function Pages({ basePath }: { basePath: string }): ReactElement {
  const [router] = useState(() => createConsoleRouter(basePath))
  return <RouterProvider router={router} />
}
