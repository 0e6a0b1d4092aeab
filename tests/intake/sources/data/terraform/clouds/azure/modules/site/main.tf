variable "origin" {}
variable "location" {}

resource "azurerm_cdn_frontdoor_profile" "site" {
  name                = "site"
  resource_group_name = "rg-portal"
  sku_name            = "Standard_AzureFrontDoor"
}

resource "azurerm_cdn_frontdoor_origin_group" "site" {
  name                     = "site"
  cdn_frontdoor_profile_id = azurerm_cdn_frontdoor_profile.site.id
  load_balancing {}
}

resource "azurerm_cdn_frontdoor_origin" "site" {
  name                           = "site"
  cdn_frontdoor_origin_group_id  = azurerm_cdn_frontdoor_origin_group.site.id
  host_name                      = var.origin
  certificate_name_check_enabled = true
}

resource "azurerm_linux_function_app" "resize" {
  name                = "resize"
  location            = var.location
  resource_group_name = "rg-portal"
  service_plan_id     = "plan"
  site_config {}
}
