# Where Harbour runs systems of its own. `comity import terraform` reads this folder; nothing in it is ever run.
variable "region" {
  default = "eu-central-1"
}

provider "aws" {
  region = var.region
}

provider "aws" {
  alias  = "america"
  region = "us-east-1"
}

provider "azurerm" {
  features {}
}

resource "aws_db_instance" "bookings" {
  identifier     = "bookings"
  engine         = "postgres"
  instance_class = "db.r6g.large"
}

resource "aws_redshift_cluster" "warehouse" {
  provider           = aws.america
  cluster_identifier = "data-warehouse"
  node_type          = "ra3.large"
}

resource "azurerm_mssql_server" "tickets" {
  name     = "support-tickets"
  location = "westeurope"
  version  = "12.0"
}
