variable "locations" {
  type    = map(string)
  default = { main = "West Europe", far = "East US 2" }
}

provider "azurerm" {
  features {}
}

resource "azurerm_resource_group" "main" {
  name     = "rg-portal"
  location = var.locations.main
}

resource "azurerm_storage_account" "files" {
  name                     = "portalfiles"
  resource_group_name      = azurerm_resource_group.main.name
  location                 = azurerm_resource_group.main.location
  account_tier             = "Standard"
  account_replication_type = "RAGRS"
}

resource "azurerm_storage_account" "local" {
  name                     = "portallocal"
  resource_group_name      = azurerm_resource_group.main.name
  location                 = azurerm_resource_group.main.location
  account_tier             = "Standard"
  account_replication_type = "ZRS"
}

resource "azurerm_storage_container" "local" {
  name               = "raw"
  storage_account_id = azurerm_storage_account.local.id
}

resource "azurerm_storage_object_replication" "raw" {
  source_storage_account_id      = azurerm_storage_account.local.id
  destination_storage_account_id = azurerm_storage_account.files.id
  rules {
    source_container_name      = "raw"
    destination_container_name = "raw"
  }
}

resource "azurerm_mssql_server" "this" {
  for_each                     = var.locations
  name                         = "sql-${each.key}"
  resource_group_name          = azurerm_resource_group.main.name
  location                     = each.value
  version                      = "12.0"
  administrator_login          = "portal"
  administrator_login_password = var.sql_password
}

variable "sql_password" {
  type      = string
  sensitive = true
}

resource "azurerm_mssql_database" "people" {
  name                 = "people"
  server_id            = azurerm_mssql_server.this["main"].id
  storage_account_type = "Zone"
}

resource "azurerm_mssql_failover_group" "this" {
  name      = "portal-failover"
  server_id = azurerm_mssql_server.this["main"].id
  databases = [azurerm_mssql_database.people.id]
  partner_server {
    id = azurerm_mssql_server.this["far"].id
  }
  read_write_endpoint_failover_policy {
    mode = "Manual"
  }
}

resource "azurerm_mssql_database" "history" {
  name      = "history"
  server_id = azurerm_mssql_server.this["far"].id
}

resource "azurerm_cosmosdb_account" "profiles" {
  name                = "profiles"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  offer_type          = "Standard"
  consistency_policy {
    consistency_level = "Session"
  }
  dynamic "geo_location" {
    for_each = ["North Europe", "southeastasia"]
    iterator = site
    content {
      location          = site.value
      failover_priority = site.key
    }
  }
}

resource "azurerm_eventhub_namespace" "clicks" {
  name                = "clicks"
  location            = var.locations["main"]
  resource_group_name = azurerm_resource_group.main.name
  sku                 = "Standard"
}

resource "azurerm_eventhub" "clicks" {
  name              = "clicks"
  namespace_id      = azurerm_eventhub_namespace.clicks.id
  partition_count   = 2
  message_retention = 1
  capture_description {
    enabled  = true
    encoding = "Avro"
    destination {
      name                = "EventHubArchive.AzureBlockBlob"
      archive_name_format = "{Namespace}"
      blob_container_name = "raw"
      storage_account_id  = azurerm_storage_account.local.id
    }
  }
}

resource "azurerm_servicebus_namespace" "work" {
  name                = "work"
  location            = one(azurerm_resource_group.main[*].location)
  resource_group_name = azurerm_resource_group.main.name
  sku                 = "Premium"
}

resource "azurerm_servicebus_queue" "work" {
  name         = "work"
  namespace_id = azurerm_servicebus_namespace.work.id
}

resource "azurerm_log_analytics_workspace" "logs" {
  name                = "logs"
  location            = data.azurerm_resource_group.shared.location
  resource_group_name = data.azurerm_resource_group.shared.name
}

data "azurerm_resource_group" "shared" {
  name = "rg-shared"
}

resource "azurerm_monitor_diagnostic_setting" "work" {
  name                       = "work"
  target_resource_id         = azurerm_servicebus_namespace.work.id
  log_analytics_workspace_id = azurerm_log_analytics_workspace.logs.id
}

module "site" {
  source   = "./modules/site"
  origin   = azurerm_storage_account.files.primary_web_host
  location = azurerm_resource_group.main.location
}
