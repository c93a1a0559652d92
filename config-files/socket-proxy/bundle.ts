import { bundleProgram } from "../http-service/bundle";

/** Bundles the filter into the one file that its image holds. */
export const bundleFilter = (): string => bundleProgram(__dirname);
