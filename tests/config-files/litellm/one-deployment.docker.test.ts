/**
 * What needs a LiteLLM that nobody kills, pauses or configures otherwise: one serves all of it. Each part has gateways and
 * models of its own, so that what it spends and how often it asks is its own too.
 */
import * as failures from "./one-deployment/failures";
import * as fallbacks from "./one-deployment/fallbacks";
import * as routes from "./one-deployment/routes";
import { Deployment, type DeploymentArgs } from "./support/deployment";

jest.setTimeout(300_000);
// Routes first: they look at what LiteLLM has asked for by itself.
const parts = [routes, failures, fallbacks];
const deployment = new Deployment({
  gateways: parts.flatMap(({ wants }) => wants.gateways ?? []),
  models: parts.flatMap(({ wants }) => wants.models ?? []),
  stands: Object.assign({}, ...parts.map(({ wants }) => wants.stands)) as DeploymentArgs["stands"] & object,
});
beforeAll(() => Promise.all([deployment.start(), routes.prepare()]));
afterAll(() => deployment.stop());

for (const { name, tests } of parts) describe(name, () => tests(deployment));
