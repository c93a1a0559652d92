// Imported first: what is imported behind it runs on Engine 29.
process.env["CLAWKEEP_TEST_ENGINE"] = "29";
