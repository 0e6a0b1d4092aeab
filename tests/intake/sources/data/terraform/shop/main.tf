# The deployment of a shop at Amazon: two regions, a module twice, copies across regions.
terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = {
      source                = "hashicorp/aws"
      version               = "~> 6.0"
      configuration_aliases = [aws.copy]
    }
  }
}

provider "aws" {
  region = var.region
}

provider "aws" {
  alias  = "copy"
  region = local.copy_region
}

data "aws_region" "here" {}

locals {
  name        = "${var.project}-${var.stage}"
  copy_region = lookup(var.copies, var.region, "eu-west-1")
  tags        = merge({ Project = var.project }, { Stage = upper(var.stage) })
}

resource "aws_s3_bucket" "files" {
  bucket = "${local.name}-files"
  tags   = local.tags
}

resource "aws_s3_bucket" "copy" {
  provider = aws.copy
  bucket   = "${local.name}-files-copy"
}

resource "aws_s3_bucket_versioning" "files" {
  bucket = aws_s3_bucket.files.id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_replication_configuration" "files" {
  depends_on = [aws_s3_bucket_versioning.files]
  role       = aws_iam_role.copy.arn
  bucket     = aws_s3_bucket_versioning.files.bucket
  rule {
    id     = "all"
    status = "Enabled"
    destination {
      bucket        = aws_s3_bucket.copy.arn
      storage_class = "STANDARD"
    }
  }
}

resource "aws_iam_role" "copy" {
  name               = "${local.name}-copy"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [] })
}

resource "aws_db_instance" "orders" {
  identifier     = "${local.name}-orders"
  engine         = "postgres"
  instance_class = "db.t4g.large"
  username       = "shop"
  password       = var.password
}

resource "aws_db_instance" "reports" {
  provider            = aws.copy
  identifier          = "${local.name}-reports"
  replicate_source_db = aws_db_instance.orders.arn
  instance_class      = "db.t4g.large"
}

resource "aws_dynamodb_table" "carts" {
  name         = format("%s-carts-%02d", local.name, 1)
  hash_key     = "id"
  billing_mode = "PAY_PER_REQUEST"
  attribute {
    name = "id"
    type = "S"
  }
  dynamic "replica" {
    for_each = toset(var.cart_regions)
    content {
      region_name = replica.value
    }
  }
}

resource "aws_rds_global_cluster" "customers" {
  global_cluster_identifier = "${local.name}-customers"
  engine                    = "aurora-postgresql"
}

resource "aws_rds_cluster" "customers_home" {
  cluster_identifier        = "${local.name}-customers-home"
  engine                    = aws_rds_global_cluster.customers.engine
  global_cluster_identifier = aws_rds_global_cluster.customers.id
  master_username           = "root"
  master_password           = var.password
}

resource "aws_rds_cluster" "customers_copy" {
  provider                  = aws.copy
  cluster_identifier        = "${local.name}-customers-copy"
  engine                    = aws_rds_global_cluster.customers.engine
  global_cluster_identifier = aws_rds_global_cluster.customers.id
}

resource "aws_rds_cluster_instance" "customers" {
  count              = 2
  cluster_identifier = aws_rds_cluster.customers_home.id
  instance_class     = "db.r6g.large"
  engine             = "aurora-postgresql"
}

resource "aws_cloudfront_distribution" "site" {
  enabled = true
  comment = "site"
  origin {
    domain_name = aws_s3_bucket.files.bucket_regional_domain_name
    origin_id   = "files"
  }
  origin {
    domain_name = aws_lb.web.dns_name
    origin_id   = "web"
  }
  restrictions {
    geo_restriction { restriction_type = "none" }
  }
}

resource "aws_lb" "web" {
  name = "${local.name}-web"
}

resource "aws_cloudwatch_log_group" "audit" {
  name              = "/shop/${data.aws_region.here.name}/audit"
  retention_in_days = var.stage == "live" ? 365 : 7
}

resource "aws_kinesis_firehose_delivery_stream" "audit" {
  name        = "${local.name}-audit"
  destination = "extended_s3"
  extended_s3_configuration {
    role_arn   = aws_iam_role.copy.arn
    bucket_arn = "arn:aws:s3:::audit-of-the-group"
  }
  tags = {
    Note = <<-EOT
      Kept for ten years.
    EOT
  }
}

resource "aws_cloudwatch_log_subscription_filter" "audit" {
  name            = "audit"
  log_group_name  = aws_cloudwatch_log_group.audit.name
  filter_pattern  = ""
  destination_arn = aws_kinesis_firehose_delivery_stream.audit.arn
}

resource "aws_chime_voice_connector" "desk" {
  require_encryption = true
  name               = "desk"
}

resource "random_id" "suffix" { byte_length = 4 }

module "stores" {
  source   = "./modules/store"
  for_each = { de = "orders", fr = "commandes" }
  providers = {
    aws = aws.copy
  }
  name   = "${local.name}-${each.key}"
  word   = each.value
  levels = 2
  export = aws_s3_bucket.files.arn
}

module "network" {
  source  = "terraform-aws-modules/vpc/aws"
  version = "5.8.1"
  name    = local.name
}

resource "aws_sns_topic_subscription" "orders" {
  topic_arn = aws_sns_topic.orders.arn
  protocol  = "sqs"
  endpoint  = module.stores["de"].queue_arn
}

resource "aws_sns_topic" "orders" {
  name = "${local.name}-orders"
}

resource "aws_sns_topic_subscription" "alarm" {
  topic_arn = aws_sns_topic.orders.arn
  protocol  = "email"
  endpoint  = "night-shift@alarms.example"
}

resource "aws_sqs_queue" "unplaced" {
  count    = var.has_extra ? 1 : 0
  provider = aws.copy
  name     = "extra"
}
